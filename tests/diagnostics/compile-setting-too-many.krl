ruleset a.b {
  rule r {
    select when c d
    noop() setting(x, y)
  }
}
