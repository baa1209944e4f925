ruleset a.b {
  rule r {
    select when c d n re#(.*)# where n == "1" setting(n)
  }
}
