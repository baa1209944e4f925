ruleset io.example.shop {
  global {
    f = function(x){ x => y => 1 | 2 | 3 }
  }
}
