ruleset a.b {
  global { f = function(a, b) { a }  x = f(b = 1, 2) }
}
