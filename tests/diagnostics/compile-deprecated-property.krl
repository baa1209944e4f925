ruleset a.b {
  global { x = {"a": 1}  y = x.a }
}
