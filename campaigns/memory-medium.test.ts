/** Every model on data of medium size, where models, rankings and data matter. */
import { testModels } from './_models.test.support.js';

testModels('synthetic:3000x4000x80000', 1);
