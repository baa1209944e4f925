ruleset a.b {
  rule r {
    select when c d where n > 1
  }
}
