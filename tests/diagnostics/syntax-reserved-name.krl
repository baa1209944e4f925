ruleset io.example.shop {
  global {
    f = function(null){ 1 }
  }
}
