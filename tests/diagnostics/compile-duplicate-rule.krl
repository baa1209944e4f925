ruleset a.b {
  rule r { select when c d }
  rule r { select when c e }
}
