package dev.fovea.engine;
