ruleset a.b {
  rule r {
    select when c d
    pre { x = 1.event:attrs() }
  }
}
