ruleset io.example.shop {
  global {
    save = defaction(a){
      noop()
      return a, 1
    }
  }
}
