ruleset a.b {
  global { f = function() { lib:greet() } }
}
