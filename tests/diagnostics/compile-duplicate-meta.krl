ruleset a.b {
  meta {
    name "one"
    name "two"
  }
}
