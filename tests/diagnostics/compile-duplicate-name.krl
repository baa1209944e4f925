ruleset a.b {
  global {
    x = 1
    x = 2
  }
}
