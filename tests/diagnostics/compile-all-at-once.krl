// Everything that is wrong is told at once, in the order of the text.
ruleset a.b {
  meta { shares greet, gone }
  global {
    greet = function(name) { "hellö " + nam }
    greet = 1
  }
  rule r {
    select when c d where n == 1
    send_directive("x", {"y": grete(1)})
  }
}
