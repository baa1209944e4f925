ruleset a.b {
  global { f = function() { time:yesterday() } }
}
