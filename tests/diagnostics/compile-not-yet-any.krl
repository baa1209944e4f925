ruleset a.b {
  rule r {
    select when any 2 (c d, c e, c f)
  }
}
