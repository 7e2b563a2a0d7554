package dev.fovea.engine;

/// One step of an answer.
///
/// @param id   the token
/// @param text text that became complete with it; often one word, sometimes empty, never half a character
public record GeneratedToken(int id, String text) {}
