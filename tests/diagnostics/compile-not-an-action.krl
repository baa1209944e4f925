ruleset a.b {
  global { f = function() { 1 } }
  rule r {
    select when c d
    f()
  }
}
