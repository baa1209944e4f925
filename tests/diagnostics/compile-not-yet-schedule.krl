ruleset a.b {
  rule r {
    select when c d
    fired { schedule c event "e" at 5 }
  }
}
