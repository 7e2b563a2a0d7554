package dev.fovea.bench;

class Placeholder {}
