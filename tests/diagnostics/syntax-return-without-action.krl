ruleset io.example.shop {
  global {
    save = defaction(a){
      return a
    }
  }
}
