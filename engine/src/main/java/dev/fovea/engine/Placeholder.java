package dev.fovea.engine;

class Placeholder {}
