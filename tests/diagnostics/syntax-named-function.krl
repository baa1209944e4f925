ruleset io.example.shop {
  global {
    function pair(x){ x }
  }
}
