ruleset io.example.shop {
  meta {
    shares a, b,
    provides c
  }
}
