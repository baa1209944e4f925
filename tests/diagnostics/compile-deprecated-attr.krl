ruleset a.b {
  rule r {
    select when c d
    pre { x = event:attr("n") }
  }
}
