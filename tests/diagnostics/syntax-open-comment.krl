ruleset io.example.shop {
  /* all of it
}
