ruleset a.b {
  meta { shares act }
  global { act = defaction() { noop() } }
}
