ruleset a.b {
  global { f = function() { time:nwo() } }
}
