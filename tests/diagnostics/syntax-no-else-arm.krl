ruleset io.example.shop {
  global {
    f = function(x){ x > 1 => "many" }
  }
}
