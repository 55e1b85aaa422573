from __future__ import annotations
import json
from datetime import timedelta, UTC, datetime
from playwright.async_api import async_playwright
from tests.browser.chromium import ARGUMENTS, find

async def test_look(live_server, site):
    async with async_playwright() as p:
        b = await p.chromium.launch(executable_path=find(), args=[*ARGUMENTS])
        page = await b.new_page(viewport={"width":1280,"height":900})
        page.set_default_timeout(6000)
        page.on("console", lambda m: print("CONSOLE", m.type, m.text))
        page.on("pageerror", lambda e: print("ERR", e, getattr(e,"stack","")))
        async def ask(q, **v):
            r = await page.request.post(live_server.url+"/graphql", data={"query":q,"variables":v}, headers={"Authorization":"Bearer "+live_server.api_key})
            return await r.json()
        conn=(await ask("{connections{edges{node{id}}}}"))["data"]["connections"]["edges"][0]["node"]["id"]
        for n in range(3):
            r=await ask("mutation($input:SchedulePostInput!){schedulePost(input:$input){__typename ... on UserError{message hint}}}", input={"content":{"text":f"Post number {n}: a word about what is new here, long enough for two lines of it"},"targets":[{"connectionId":conn}],"labels":["launch"] if n%2 else [],"publishAt":{"at":(datetime.now(UTC)+timedelta(hours=1+3*n)).isoformat()}})
        print(r)
        await page.goto(live_server.url+"/#key="+live_server.api_key)
        async def shot(name):
            await page.wait_for_timeout(700)
            await page.screenshot(path=f"/tmp/w/npmtmp/{name}.png")
        await page.locator(".week .card").first.click()
        await shot("drawer")
        await page.get_by_role("button", name="Cancel post").click()
        await shot("sure")
        await page.get_by_role("button", name="Cancel it").click()
        await shot("cancelled")
        await page.keyboard.press("Escape")
        await page.keyboard.press("e"); await shot("feed")
        await page.keyboard.press("Escape"); await page.keyboard.press("l"); await shot("list")
        await page.set_viewport_size({"width":390,"height":800}); await shot("phonelist")
        await page.keyboard.press("w"); await shot("phone")
        await page.keyboard.press("m"); await shot("phonemonth")
        await b.close()
