ruleset a.b {
  version "1"
}
