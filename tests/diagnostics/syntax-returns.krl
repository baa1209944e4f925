ruleset io.example.shop {
  global {
    save = defaction(a){
      noop()
      returns a, 1
    }
  }
}
