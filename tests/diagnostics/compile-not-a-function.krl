ruleset a.b {
  global { x = send_directive("x") }
}
