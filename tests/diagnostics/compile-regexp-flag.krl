ruleset a.b {
  global { x = "a".match(re#a#m) }
}
