ruleset a.b {
  rule r {
    select when c d within 5 minutes
  }
}
