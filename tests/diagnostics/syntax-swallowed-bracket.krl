ruleset io.example.shop {
  global {
    pair = function(x){
      y = x * 2
      [x, y]
    }
  }
}
