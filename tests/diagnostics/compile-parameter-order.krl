ruleset a.b {
  global { f = function(a = 1, b) { a } }
}
