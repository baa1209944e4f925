ruleset a.b {
  meta { provides greet }
}
