ruleset a.b {
  rule r {
    select when c d
    fired { app:x := 1; clear event:x }
  }
}
