ruleset a.b {
  rule r {
    select when count 3 (c d)
  }
}
