// Cases of one citizen in every state that has a page of its own.

import { program } from "./api.mjs";
import { driveRoute } from "./desk.mjs";
import { FOOD, inTwoWeeks } from "./food.mjs";
import { pdf } from "./papers.mjs";

export async function scene(person, picture) {
  const citizen = await program(person.phone ?? person.login);
  const office = await program("approver1");
  const item = (await citizen.get(`/items/search?q=${encodeURIComponent("开饭店")}`)).items.find((item) => item.name === FOOD);

  const files = async () => {
    const form = new FormData();
    form.append("file", new Blob([picture], { type: "image/png" }), "布局图.png");
    form.append("file", new Blob([pdf("flow")], { type: "application/pdf" }), "操作流程图.pdf");
    const kept = await citizen.post("/files", form);
    return kept.files.map((file) => file.digest);
  };
  const file = async (name, delivery = "electronic") => (await citizen.post("/cases", {
    item_id: item.item_id,
    answers: {
      shop_name: name, shop_address: { region: "990102001", street: "滨江大道12号" }, shop_area: 46, form: "restaurant", scope: ["hot", "cold"],
      online: "no", manager_name: "林晓", manager_id: "990102199003070011", visit_date: inTwoWeeks(),
      practitioners: [{ name: "林晓", job: "cook" }], equipment: [{ what: "消毒柜", count: 1 }], sign: { name: person.name, confirmed: true },
    },
    materials: [{ key: "layout", files: await files() }],
    delivery,
  })).case_id;
  const tell = (id, items) => office.post(`/cases/${id}/correction-notice`, { version: 1, items });
  const accept = (id) => office.post(`/cases/${id}/acceptance`);
  const decide = async (id, decision) => { await driveRoute(office, id); return office.post(`/cases/${id}/decision`, decision); };
  const grant = (id) => decide(id, { granted: true, opinion: "材料齐全，现场条件符合《食品经营许可和备案管理办法》的要求。" });

  const received = await file("滨江小吃");
  const correcting = await file("和平面馆");
  await tell(correcting, [
    { material: "layout", what: "布局图没有标明更衣处，请补标后重交" },
    { what: "经营面积与平面图不一致，请更正" },
  ]);
  const accepted = await file("观澜茶饮");
  await accept(accepted);
  const deciding = await file("东湖粥铺");
  await accept(deciding);
  await driveRoute(office, deciding);
  const granted = await file("文峰烘焙", "window");
  await accept(granted);
  await grant(granted);
  const done = await file("王记小吃");
  await accept(done);
  const { license_id: license } = await grant(done);
  const refused = await file("江畔烧烤");
  await accept(refused);
  await decide(refused, { granted: false, opinion: "加工区与就餐区没有分开，不符合食品安全标准", legal_basis: "《食品安全法》第三十三条第一款第四项" });
  const rejected = await file("城东快餐");
  await office.post(`/cases/${rejected}/non-acceptance`, { reason: "经营地址不在本机关辖区", legal_basis: "《行政许可法》第三十二条第一款第二项", right_agency: "临江区市场监督管理局" });
  const network = { method: "electronic" };
  const promising = await file("城南小炒");
  const gap = await file("河滨米线");
  await citizen.post(`/cases/${gap}/gap-promise`);
  await office.post(`/cases/${gap}/gap-acceptance`, { service: network });
  const hearing = await file("码头夜宵");
  await accept(hearing);
  await office.post(`/cases/${hearing}/hearing-right`, { reason: "直接涉及相邻住户的重大利益", service: network });
  const code = await citizen.get(`/licenses/${license}`);

  // A licence that is to be ended, and its holder heard.
  const ended = await file("码头冷饮");
  await accept(ended);
  const { license_id: ending } = await grant(ended);
  await office.post(`/licenses/${ending}/endings`, { end: "revoke", ground: "unqualified", facts: "现场核查发现没有布局图上的更衣处和洗手池" });

  // Decided by rules, or handed to a person by them: the explanation is the same kind of page.
  const card = (await citizen.get(`/items/search?q=${encodeURIComponent("老年人优待证")}`)).items[0];
  const { case_id: explained } = await citizen.post("/cases", {
    item_id: card.item_id, answers: { form: "electronic" }, materials: [{ key: "photo", files: await files() }], delivery: "electronic",
  });
  const { case_id: project } = await citizen.post("/projects", {
    code: "2604-990100-04-01-223344", name: "滨江示例厂房", class: "social", site: "云川市云川区滨江大道12号", investment_fen: 5_000_000_000,
  });
  const shop = (await citizen.get(`/items/search?q=${encodeURIComponent("个体工商户设立登记")}`)).items.find((one) => one.name === "个体工商户设立登记").item_id;
  return { item: item.item_id, shop, received, correcting, accepted, deciding, granted, done, refused, rejected, license, ending, explained, project, promising, gap, hearing, code: code.verify_code };
}
