ruleset io.example.shop {
  global {
    save = defaction(a){
      configure using b = 1
      noop()
    }
  }
}
