ruleset a.b {
  rule r is inactive { select when c d }
}
