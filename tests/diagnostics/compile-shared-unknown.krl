ruleset a.b {
  meta { shares greet }
}
