ruleset a.b {
  global {
    name = "ada"
    greet = function() { "hello " + nmae }
  }
}
