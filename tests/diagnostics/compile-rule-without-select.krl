ruleset a.b {
  rule r { noop() }
}
