ruleset a.b {
  meta { logging on }
}
