import sharp from 'sharp'
import { drawMarketChart, drawMuseum } from './scenes-inside.ts'
import { drawBridge, drawPylons } from './scenes-land.ts'
import { drawLighthouse, drawStorm, drawWindFarm } from './scenes-sea.ts'
import { drawStadium } from './scenes-stadium.ts'
import { drawSkyline, drawTram } from './scenes-town.ts'
import type { SceneName } from './types.ts'

const scenes: Record<SceneName, () => string> = {
  'wind-farm': drawWindFarm,
  lighthouse: drawLighthouse,
  pylons: drawPylons,
  storm: drawStorm,
  museum: drawMuseum,
  tram: drawTram,
  stadium: drawStadium,
  'market-chart': drawMarketChart,
  bridge: drawBridge,
  skyline: drawSkyline,
}

/** A 1600 by 1000 JPEG of the scene; the same bytes every time on the same version of sharp. */
export async function drawScene(name: SceneName): Promise<Buffer> {
  return sharp(Buffer.from(scenes[name]())).flatten().jpeg({ quality: 82 }).toBuffer()
}
