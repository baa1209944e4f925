ruleset io.example.shop {
  global {
    a = b.match(re#c#gg)
  }
}
