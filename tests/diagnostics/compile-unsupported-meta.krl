ruleset a.b {
  meta {
    key mail "secret"
    errors to c.d
  }
}
