ruleset a.b {
  meta {
    use module c.d alias lib
    use module e.f alias lib
  }
}
