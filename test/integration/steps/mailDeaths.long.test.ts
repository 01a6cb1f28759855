import { mailDeathsSuite, moods } from './mailDeaths.suite.ts';

mailDeathsSuite(moods.slice(1));
