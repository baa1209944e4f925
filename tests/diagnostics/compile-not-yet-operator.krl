ruleset a.b {
  rule r {
    select when c d and c e
  }
}
