ruleset a.b {
  rule r {
    select when c d n re#(#
  }
}
